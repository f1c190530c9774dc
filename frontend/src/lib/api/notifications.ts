import { api, body } from "./client";
import type { Schema } from "./schema";

export type NotificationChannels = Schema<"NotificationChannelList">;
export type NotificationChannel = NotificationChannels["items"][number];
export type NotificationRoute = Schema<"NotificationRouteList">["items"][number];
export type NotificationMessage = Schema<"NotificationMessage">;
export type MessageState = NotificationMessage["state"];
export type ChannelTest = Schema<"ChannelTestResponse">;

/** Reads the channels with their health, and whether a notifier runs. */
export const getChannels = (signal?: AbortSignal) => body(api.GET("/notifications/channels", { signal }));

/** Reads the routes with what waits for them. */
export const getRoutes = (signal?: AbortSignal) => body(api.GET("/notifications/routes", { signal }));

/** Reads a page of messages, the newest first. */
export const getMessages = (
  query: { state?: MessageState | undefined; before?: string | undefined },
  signal?: AbortSignal,
) => body(api.GET("/notifications/messages", { params: { query }, signal }));

/** Makes a failed message due again. */
export const retryMessage = (id: string) =>
  body(api.POST("/notifications/messages/{message_id}/retry", { params: { path: { message_id: id } } }));

/** Requests a test message to a channel. */
export const startChannelTest = (channel: string) =>
  body(api.POST("/notifications/channels/{channel}/test", { params: { path: { channel } } }));

/** Reads the result of a test. */
export const getChannelTest = (id: string, signal?: AbortSignal) =>
  body(api.GET("/notifications/tests/{test_id}", { params: { path: { test_id: id } }, signal }));
