import { ChevronRight } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { Link } from "react-router";

export interface Crumb {
  title: string;
  to: string;
}

/** The window title. React moves it into the document's head. */
export function PageTitle({ title }: { title: string }) {
  return <title>{`${title} · Mini Compliance Monitor`}</title>;
}

/** Page header: breadcrumbs, title, note and actions. */
export function PageHeader({
  title,
  crumbs = [],
  note,
  actions,
}: {
  title: string;
  crumbs?: Crumb[];
  note?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className="flex min-h-14 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 lg:px-6">
      <PageTitle title={title} />
      <div className="flex min-w-0 items-center gap-1.5">
        {crumbs.map((crumb) => (
          <Fragment key={crumb.to}>
            <Link to={crumb.to} className="text-ink-2 hover:text-ink hover:underline">
              {crumb.title}
            </Link>
            <ChevronRight aria-hidden className="size-3.5 text-ink-3" />
          </Fragment>
        ))}
        <h1 className="truncate text-lg font-semibold tracking-tight">{title}</h1>
      </div>
      {note && <div className="text-ink-2">{note}</div>}
      {actions && <div className="ml-auto flex flex-wrap items-center gap-2 print:hidden">{actions}</div>}
    </header>
  );
}
