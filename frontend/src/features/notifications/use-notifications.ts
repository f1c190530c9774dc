import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import {
  getChannels,
  getChannelTest,
  getMessages,
  getRoutes,
  type MessageState,
  retryMessage,
  startChannelTest,
} from "@/lib/api/notifications";

const REFETCH_MS = 5000;
const TEST_REFETCH_MS = 500;
const KEY = ["notifications"];

/** The channels with their health. */
export const useChannels = () =>
  useQuery({
    queryKey: [...KEY, "channels"],
    queryFn: ({ signal }) => getChannels(signal),
    refetchInterval: REFETCH_MS,
  });

/** The routes with what waits for them. */
export const useRoutes = () =>
  useQuery({ queryKey: [...KEY, "routes"], queryFn: ({ signal }) => getRoutes(signal), refetchInterval: REFETCH_MS });

/** Messages in a state, or all, the newest first, as far as they were loaded. */
export const useMessages = (state: MessageState | undefined) =>
  useInfiniteQuery({
    queryKey: [...KEY, "messages", state ?? "all"],
    queryFn: ({ pageParam, signal }) => getMessages({ state, before: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: REFETCH_MS,
  });

/** Retries a failed message, after which all of the page loads again. */
export function useRetry() {
  const queries = useQueryClient();
  return useMutation({ mutationFn: retryMessage, onSettled: () => queries.invalidateQueries({ queryKey: KEY }) });
}

/** Tests a channel and follows the test until the channel has answered. */
export function useChannelTest(channel: string) {
  const start = useMutation({ mutationFn: () => startChannelTest(channel) });
  const id = start.data?.id;
  const result = useQuery({
    queryKey: [...KEY, "test", id],
    queryFn: ({ signal }) => getChannelTest(id ?? "", signal),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (state.data && state.data.state !== "waiting" ? false : TEST_REFETCH_MS),
  });
  const test = id === undefined ? undefined : (result.data ?? start.data);
  const waiting = start.isPending || test?.state === "waiting";
  return { start: () => start.mutate(), test, waiting, error: start.error ?? result.error };
}
