import { api, body } from "./client";
import type { Schema } from "./schema";

export type View = Schema<"ViewResponse">;
/** A view to save; conditions of the filter that are left out have their defaults. */
export type ViewRequest = Omit<Schema<"ViewRequest">, "filter"> & { filter: Partial<Schema<"ViewFilter">> };

const bodyOf = (view: ViewRequest) => view as Schema<"ViewRequest">;

/** Reads the own views, by name. */
export const getViews = (signal?: AbortSignal) => body(api.GET("/views", { signal }));

/** Reads a view, also another user's. */
export const getView = (view_id: string, signal?: AbortSignal) =>
  body(api.GET("/views/{view_id}", { params: { path: { view_id } }, signal }));

/** Saves a view. */
export const saveView = (view: ViewRequest) => body(api.POST("/views", { body: bodyOf(view) }));

/** Replaces an own view. */
export const changeView = (view_id: string, view: ViewRequest) =>
  body(api.PUT("/views/{view_id}", { params: { path: { view_id } }, body: bodyOf(view) }));

/** Deletes an own view. */
export const deleteView = (view_id: string) => body(api.DELETE("/views/{view_id}", { params: { path: { view_id } } }));
