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

export type BehaviourProfile = Schema<"BehaviourProfile">;
export type ExplainedDay = Schema<"ExplainedDay">;
export type UsualValues = Schema<"UsualValues">;
export type ScoredDay = Schema<"ScoredDay">;
export type Risk = Schema<"Risk">;

/** Reads a user's behaviour profile, with the counts behind the scores of a day. */
export const getProfile = (user: string, day: string | undefined, signal?: AbortSignal) =>
  body(api.GET("/profiles/{user}", { params: { path: { user }, query: { day } }, signal }));
