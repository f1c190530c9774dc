import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import { BrowserRouter } from "react-router";

import { AppRoutes } from "@/app/app-routes";
import { makeQueryClient } from "@/app/query-client";

/** Renders the whole dashboard at a URL; failed queries are not retried, so that a test sees them at once. */
export function renderApp(path: string) {
  // the filters read the URL of the window
  window.history.replaceState(null, "", `/app${path}`);
  const queries = makeQueryClient();
  queries.setDefaultOptions({ queries: { ...queries.getDefaultOptions().queries, retry: false } });
  return render(
    <QueryClientProvider client={queries}>
      <BrowserRouter basename="/app/">
        <AppRoutes />
      </BrowserRouter>
    </QueryClientProvider>,
  );
}
