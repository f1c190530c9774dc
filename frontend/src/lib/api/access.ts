import { api, body } from "./client";
import type { QueryOf, Schema } from "./schema";

export type Account = Schema<"Account">;
export type AccountUser = Schema<"AccountUser">;
export type ApiToken = Schema<"TokenResponse">;
export type NewApiToken = Schema<"NewTokenResponse">;
export type AuditEntry = Schema<"AuditEntryResponse">;
export type AuditQuery = QueryOf<"/audit">;
export type Role = Schema<"Role">;
export type Scope = Account["scopes"][number];
export type Session = Schema<"SessionResponse">;

/** Reads the identity of this window: its name, role and scopes. */
export const getAccount = (signal?: AbortSignal) => body(api.GET("/account", { signal }));

/** Reads how one can log in. */
export const getLoginOptions = (signal?: AbortSignal) => body(api.GET("/login/options", { signal }));

/** Starts a session; the cookie is set by the response. */
export const logIn = (email: string, password: string) => body(api.POST("/login", { body: { email, password } }));

/** Ends the session. */
export const logOut = () => body(api.POST("/logout"));

/** Creates the first administrator with the token of the setup link. */
export const setUp = (given: Schema<"SetupRequest">) => body(api.POST("/setup", { body: given }));

/** Changes the own password, which ends the other sessions. */
export const changePassword = (current_password: string, new_password: string) =>
  body(api.PUT("/account/password", { body: { current_password, new_password } }));

/** Lists the own open sessions. */
export const getSessions = (signal?: AbortSignal) => body(api.GET("/account/sessions", { signal }));

/** Ends a session. */
export const endSession = (session_id: string) =>
  body(api.DELETE("/account/sessions/{session_id}", { params: { path: { session_id } } }));

/** Lists the own API tokens. */
export const getTokens = (signal?: AbortSignal) => body(api.GET("/account/tokens", { signal }));

/** Creates an API token; its secret is in the result only. */
export const createToken = (given: Schema<"TokenRequest">) => body(api.POST("/account/tokens", { body: given }));

/** Revokes an own API token. */
export const revokeToken = (token_id: string) =>
  body(api.DELETE("/account/tokens/{token_id}", { params: { path: { token_id } } }));

/** Lists users and service accounts. */
export const getUsers = (signal?: AbortSignal) => body(api.GET("/access/users", { signal }));

/** Creates a user or a service account. */
export const createUser = (given: Schema<"UserRequest">) => body(api.POST("/access/users", { body: given }));

/** Changes role, restrictions or expiry of an account, or disables it. */
export const changeUser = (user_id: string, change: Partial<Schema<"UserChange">>) =>
  // what is left out stays as it is
  body(api.PATCH("/access/users/{user_id}", { params: { path: { user_id } }, body: change as Schema<"UserChange"> }));

/** Sets a new password of a local user, which ends all sessions of the user. */
export const resetPassword = (user_id: string, password: string) =>
  body(api.PUT("/access/users/{user_id}/password", { params: { path: { user_id } }, body: { password } }));

/** Lists the API tokens of all accounts. */
export const getAllTokens = (signal?: AbortSignal) => body(api.GET("/access/tokens", { signal }));

/** Creates an API token of a service account; its secret is in the result only. */
export const createServiceToken = (given: Schema<"ServiceTokenRequest">) =>
  body(api.POST("/access/tokens", { body: given }));

/** Revokes an API token of any account. */
export const revokeAnyToken = (token_id: string) =>
  body(api.DELETE("/access/tokens/{token_id}", { params: { path: { token_id } } }));

/** Reads a page of the audit trail, newest first. */
export const getAuditEntries = (query: AuditQuery, signal?: AbortSignal) =>
  body(api.GET("/audit", { params: { query }, signal })) as Promise<Schema<"AuditPage">>;

/** The URL that downloads the matching entries of the audit trail. */
export function auditFile(query: AuditQuery, format: "csv" | "ndjson"): string {
  const parameters = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? value : [value]) if (each != null) parameters.append(name, String(each));
  return `/audit?${parameters}`;
}
