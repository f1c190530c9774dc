import { api, body } from "./client";
import type { QueryOf, Schema } from "./schema";

export type User = Schema<"UserInList">;
export type UserActivity = Schema<"UserActivity">;
export type UserOrder = Schema<"UserOrder">;
export type UserQuery = QueryOf<"/users">;

/** Reads a page of the users that events name, the highest of the order first. */
export const getUsers = (query: UserQuery, signal?: AbortSignal) =>
  body(api.GET("/users", { params: { query }, signal }));

/** Reads what a user did when, and what was found of it. */
export const getUser = (user: string, signal?: AbortSignal) =>
  body(api.GET("/users/{user}", { params: { path: { user } }, signal }));
