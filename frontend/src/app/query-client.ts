import { QueryClient } from "@tanstack/react-query";

import { isPassing } from "@/lib/api/errors";

/** Makes the cache of what the API answered. The stream keeps lists fresh, so they are seldom read again. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        refetchOnWindowFocus: false,
        // what may pass is tried again for about half a minute; a wrong question stays wrong
        retry: (failures, error) => isPassing(error) && failures < 4,
        retryDelay: (failures) => Math.min(1000 * 2 ** failures, 8000),
        // the browser may say "offline" while the API is on this very machine
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}
