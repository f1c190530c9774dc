import { QueryClient } from "@tanstack/react-query";

import { isTransient } from "@/lib/api/errors";

/** Creates the query cache. The stream keeps lists fresh, so they are rarely refetched. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        refetchOnWindowFocus: false,
        // a transient failure is retried for about half a minute; an invalid request stays invalid
        retry: (failures, error) => isTransient(error) && failures < 4,
        retryDelay: (failures) => Math.min(1000 * 2 ** failures, 8000),
        // the browser may report "offline" while the API runs on this machine
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}
