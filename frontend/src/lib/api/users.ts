import { api, body } from "./client";
import type { QueryOf, Schema } from "./schema";

export type User = Schema<"UserInList">;
export type UserActivity = Schema<"UserActivity">;
export type UserOrder = Schema<"UserOrder">;
export type UserQuery = QueryOf<"/users">;

/** Reads a page of the users, highest first. */
export const getUsers = (query: UserQuery, signal?: AbortSignal) =>
  body(api.GET("/users", { params: { query }, signal }));

/** Reads a user's activity and findings. */
export const getUser = (user: string, signal?: AbortSignal) =>
  body(api.GET("/users/{user}", { params: { path: { user } }, signal }));
