import { Compass } from "lucide-react";
import { Link, useLocation } from "react-router";

import { Button } from "@/components/button";
import { Code } from "@/components/code";
import { EmptyState } from "@/components/empty-state";
import { PageTitle } from "@/components/page-header";

export function NotFound({ what = "page" }: { what?: string }) {
  const { pathname } = useLocation();
  return (
    <>
      <PageTitle title="Not found" />
      <h1 className="sr-only">Not found</h1>
      <EmptyState
        icon={Compass}
        title={`There is no such ${what}`}
        className="min-h-[60vh] justify-center"
        action={
          <Button asChild>
            <Link to="/">Go to the overview</Link>
          </Button>
        }
      >
        Nothing is at <Code>/app{pathname}</Code>.
      </EmptyState>
    </>
  );
}
