import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { Link } from "react-router";

import { type ExceptionDraft, previewException } from "@/lib/api/exceptions";
import { count, plural } from "@/lib/format";
import { STATUS_NAMES } from "@/lib/status";

/** What an exception would have hidden in the last 30 days, and what it hides now. */
export function ExceptionPreview({ draft }: { draft: ExceptionDraft }) {
  const shown = useDeferredValue(draft);
  const { data, error, isFetching } = useQuery({
    queryKey: ["exceptions", "preview", shown],
    queryFn: ({ signal }) => previewException(shown, signal),
    placeholderData: keepPreviousData,
    gcTime: 0,
    retry: false,
  });
  return (
    <section aria-label="Preview" aria-busy={isFetching} className="rounded-md border bg-sunken px-3 py-2.5">
      <div role="status" className="min-h-10">
        {error && <p className="text-critical-ink">{error.message}</p>}
        {data && !error && (
          <>
            <p className="font-medium">Hides {plural(data.hides_now, "finding")} now</p>
            <p className="text-ink-2">
              In the last 30 days it would have hidden {plural(data.findings, "finding")}
              {data.total_users > 0 && ` of ${plural(data.total_users, "user")}`}
              {!data.complete && " of the newest 1,000"}
              {data.findings > 0 &&
                (data.confirmed > 0
                  ? `, ${count(data.confirmed)} of them confirmed as true.`
                  : ", none of them confirmed as true.")}
            </p>
          </>
        )}
      </div>
      {data && !error && data.users.length > 1 && (
        <p className="mt-1 truncate text-xs text-ink-2">
          {data.users.map(({ value, count: number }) => `${value} (${count(number)})`).join(", ")}
        </p>
      )}
      {data && !error && data.confirmed_findings.length > 0 && (
        <ul aria-label="Confirmed findings" className="mt-1.5 grid gap-0.5 text-xs">
          {data.confirmed_findings.map(({ id, title, user, status }) => (
            <li key={id} className="truncate">
              <Link to={`/findings/${id}`} target="_blank" className="text-accent-strong underline">
                {title}
              </Link>{" "}
              {user} · {STATUS_NAMES[status]}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
