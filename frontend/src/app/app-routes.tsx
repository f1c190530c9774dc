import { Route, Routes } from "react-router";

import { NotFound } from "@/components/not-found";
import { lazyChunk } from "@/lib/lazy-chunk";

import { AccessGate } from "./access-gate";
import { Layout } from "./layout";
import { pages } from "./pages";

const routes = pages.map((page) => ({ path: page.path, Page: lazyChunk(page.load) }));

/** The routes of the dashboard: one per page, each a chunk that loads when the page is first opened. */
export function AppRoutes() {
  return (
    <AccessGate>
      <Layout>
        <Routes>
          {routes.map(({ path, Page }) => (
            <Route key={path} path={path} element={<Page />} />
          ))}
          <Route path="*" element={<NotFound />} />
        </Routes>
      </Layout>
    </AccessGate>
  );
}
