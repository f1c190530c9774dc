import type { components, paths } from "./schema.gen";

/** A schema of the API's OpenAPI document; all data types of the dashboard come from it. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** The query parameters of a GET. */
export type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } }
  ? NonNullable<Query>
  : never;
