import { useMemo } from "react";

interface PagedList {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => Promise<unknown>;
}

/** What a table asks for more rows by: the next page of a list, or nothing where it has ended. */
export function useMore(list: PagedList) {
  return useMemo(
    () =>
      list.hasNextPage
        ? { loading: list.isFetchingNextPage || list.isFetchNextPageError, load: () => void list.fetchNextPage() }
        : undefined,
    [list],
  );
}
