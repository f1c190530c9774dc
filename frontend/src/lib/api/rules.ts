import { api, body } from "./client";
import type { Schema } from "./schema";

export type Rule = Schema<"RuleResponse">;
export type RuleDetails = Schema<"RuleDetails">;
export type RuleSources = Schema<"RuleSources">;
export type BlindRule = Schema<"BlindRule">;
export type RuleTest = Schema<"RuleTestResponse">;

/** Reads every active rule, with the figures of its findings. */
export const getRules = (signal?: AbortSignal) => body(api.GET("/rules", { signal }));

/** Reads a rule in full, by its name or id. */
export const getRule = (rule: string, signal?: AbortSignal) =>
  body(api.GET("/rules/{rule}", { params: { path: { rule } }, signal }));

/** Reads the sources that feed an active rule. */
export const getRuleSources = (rule: string, signal?: AbortSignal) =>
  body(api.GET("/rules/{rule}/sources", { params: { path: { rule } }, signal }));

/** Reads the active rules that cannot match now. */
export const getBlindRules = (signal?: AbortSignal) => body(api.GET("/blind-rules", { signal }));
