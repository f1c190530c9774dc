import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import { BrowserRouter } from "react-router";

import { AppRoutes } from "@/app/app-routes";
import { makeQueryClient } from "@/app/query-client";

/** Shows the dashboard at an address, whole; failed questions are not asked again, so that a test sees them at once. */
export function show(path: string) {
  // the filters read the address of the window itself
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
