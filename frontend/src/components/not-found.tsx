import { Compass } from "lucide-react";
import { Link, useLocation } from "react-router";

import { Button } from "./button";
import { Code } from "./code";
import { EmptyState } from "./empty-state";
import { PageTitle } from "./page-header";

/** The page shown where nothing exists. `what` names the missing thing: "Finding". */
export function NotFound({ what = "Page" }: { what?: string }) {
  const { pathname } = useLocation();
  return (
    <>
      <PageTitle title={`${what} not found`} />
      <h1 className="sr-only">{what} not found</h1>
      <EmptyState
        icon={Compass}
        title={`${what} not found`}
        className="min-h-[60vh] justify-center"
        action={
          <Button asChild>
            <Link to="/">Go to the overview</Link>
          </Button>
        }
      >
        <Code>/app{pathname}</Code> does not exist.
      </EmptyState>
    </>
  );
}
