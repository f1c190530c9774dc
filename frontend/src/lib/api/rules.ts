import { api, body } from "./client";

/** Reads a rule by its name or id. */
export const getRule = (rule: string, signal?: AbortSignal) =>
  body(api.GET("/rules/{rule}", { params: { path: { rule } }, signal }));
