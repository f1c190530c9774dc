import { api, body } from "./client";
import type { Schema } from "./schema";

export type Rule = Schema<"RuleResponse">;
export type RuleDetails = Schema<"RuleDetails">;
export type RuleTest = Schema<"RuleTestResponse">;

/** Reads every active rule, with the figures of its findings. */
export const getRules = (signal?: AbortSignal) => body(api.GET("/rules", { signal }));

/** Reads a rule in full, by its name or id. */
export const getRule = (rule: string, signal?: AbortSignal) =>
  body(api.GET("/rules/{rule}", { params: { path: { rule } }, signal }));
