import { useMemo } from "react";

interface PagedList {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => Promise<unknown>;
}

/** The next page of an infinite query, as a table loads it; undefined on the last page. */
export function useMore(list: PagedList) {
  return useMemo(
    () =>
      list.hasNextPage
        ? { loading: list.isFetchingNextPage || list.isFetchNextPageError, load: () => void list.fetchNextPage() }
        : undefined,
    [list],
  );
}
