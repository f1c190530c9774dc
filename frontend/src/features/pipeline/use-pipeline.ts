import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import {
  type DeadLetter,
  type DeadLetterState,
  dismissDeadLetter,
  getDeadLetters,
  getPipeline,
  type Pipeline,
  reopenDeadLetter,
  replayDeadLetter,
} from "@/lib/api/pipeline";

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

/** The dead letters in a state, newest first, as far as they were loaded. */
export function useDeadLetters(state: DeadLetterState) {
  return useInfiniteQuery({
    queryKey: [...DEAD_LETTERS_KEY, state],
    queryFn: ({ pageParam, signal }) => getDeadLetters({ state, limit: PAGE_SIZE, before: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: REFETCH_MS,
  });
}

/** Retries a dead letter. */
export const useReplay = () =>
  useLetterAction((letter: DeadLetter) => replayDeadLetter(letter.partition, letter.offset));

/** Dismisses a dead letter, with the reason. */
export const useDismiss = () =>
  useLetterAction(({ letter, reason }: { letter: DeadLetter; reason: string }) =>
    dismissDeadLetter(letter.partition, letter.offset, reason),
  );

/** Reopens a dead letter. */
export const useReopen = () =>
  useLetterAction((letter: DeadLetter) => reopenDeadLetter(letter.partition, letter.offset));

/** An action on a dead letter, after which lists and counts load again. */
function useLetterAction<Subject, Result>(act: (subject: Subject) => Promise<Result>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: DEAD_LETTERS_KEY }),
        queries.invalidateQueries({ queryKey: KEY }),
      ]),
  });
}
