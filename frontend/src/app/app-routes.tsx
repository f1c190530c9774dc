import { lazy } from "react";
import { Route, Routes } from "react-router";

import { Layout } from "./layout";
import { NotFound } from "./not-found";
import { pages } from "./pages";

const routes = pages.map((page) => ({ path: page.path, Page: lazy(page.load) }));

/** The routes of the dashboard: one for each page, loaded when it is first opened. */
export function AppRoutes() {
  return (
    <Layout>
      <Routes>
        {routes.map(({ path, Page }) => (
          <Route key={path} path={path} element={<Page />} />
        ))}
        <Route path="*" element={<NotFound />} />
      </Routes>
    </Layout>
  );
}
