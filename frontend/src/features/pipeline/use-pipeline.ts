import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { type DeadLetter, getDeadLetters, getPipeline, type Pipeline, replayDeadLetter } from "@/lib/api/pipeline";

const REFETCH_MS = 5000;
/** Number of samples kept: five minutes. */
export const HISTORY_LENGTH = 60;
const PAGE_SIZE = 50;

export interface Sample {
  rate: number;
  lag: number;
}

/** The state of the pipeline, and samples of its figures since the page was opened. */
export interface PipelineHistory {
  current: Pipeline;
  samples: readonly Sample[];
}

const KEY = ["pipeline"];
const DEAD_LETTERS_KEY = ["dead letters"];

/** Polls the state of the pipeline. */
export function usePipeline() {
  return useQuery({
    queryKey: KEY,
    queryFn: async ({ client, signal }): Promise<PipelineHistory> => {
      const current = await getPipeline(signal);
      const earlier = client.getQueryData<PipelineHistory>(KEY)?.samples ?? [];
      const sample = { rate: current.events_per_second ?? 0, lag: current.lag ?? 0 };
      return { current, samples: [...earlier, sample].slice(-HISTORY_LENGTH) };
    },
    refetchInterval: REFETCH_MS,
    staleTime: 0,
  });
}

/** The dead letters, newest first, as far as they were loaded. */
export function useDeadLetters() {
  return useInfiniteQuery({
    queryKey: DEAD_LETTERS_KEY,
    queryFn: ({ pageParam, signal }) => getDeadLetters({ limit: PAGE_SIZE, before: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** Retries a dead letter. */
export function useReplay() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (letter: DeadLetter) => replayDeadLetter(letter.partition, letter.offset),
    onSettled: () => queries.invalidateQueries({ queryKey: DEAD_LETTERS_KEY }),
  });
}
