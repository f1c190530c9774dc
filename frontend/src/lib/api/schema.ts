import type { components, paths } from "./schema.gen";

/** The API's own names for what it gives; all types of the dashboard's data come from its OpenAPI document. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** The query parameters of a GET. */
export type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } }
  ? NonNullable<Query>
  : never;
