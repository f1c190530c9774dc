import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { type DeadLetter, getDeadLetters, getPipeline, type Pipeline, replayDeadLetter } from "@/lib/api/pipeline";

const EVERY_MS = 5000;
/** How many moments are remembered: five minutes. */
export const REMEMBERED = 60;
const LETTERS = 50;

export interface Moment {
  rate: number;
  lag: number;
}

/** The pipeline now, and its figures since the page was opened. */
export interface Watched {
  now: Pipeline;
  since: readonly Moment[];
}

const KEY = ["pipeline"];
const LETTERS_KEY = ["dead letters"];

/** Watches the pipeline. */
export function usePipeline() {
  return useQuery({
    queryKey: KEY,
    queryFn: async ({ client, signal }): Promise<Watched> => {
      const now = await getPipeline(signal);
      const before = client.getQueryData<Watched>(KEY)?.since ?? [];
      const moment = { rate: now.events_per_second ?? 0, lag: now.lag ?? 0 };
      return { now, since: [...before, moment].slice(-REMEMBERED) };
    },
    refetchInterval: EVERY_MS,
    staleTime: 0,
  });
}

/** The dead letters, the newest first, as far as they were asked for. */
export function useDeadLetters() {
  return useInfiniteQuery({
    queryKey: LETTERS_KEY,
    queryFn: ({ pageParam, signal }) => getDeadLetters({ limit: LETTERS, before: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** Sends a dead letter again. */
export function useReplay() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (letter: DeadLetter) => replayDeadLetter(letter.partition, letter.offset),
    onSettled: () => queries.invalidateQueries({ queryKey: LETTERS_KEY }),
  });
}
