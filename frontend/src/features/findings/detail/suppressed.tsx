import { Link } from "react-router";

import { exceptionName } from "@/lib/api/exceptions";
import type { Finding } from "@/lib/api/findings";

/** Says which exception suppresses a finding. */
export function SuppressedNotice({ finding: { suppressed_by } }: { finding: Finding }) {
  if (suppressed_by === null) return null;
  return (
    <p role="note" className="mt-3 rounded-md border border-l-4 bg-sunken px-3 py-2.5">
      <strong>Suppressed by</strong>{" "}
      <Link to={`/exceptions?exception=${suppressed_by}`} className="text-accent-strong underline">
        {exceptionName(suppressed_by)}
      </Link>
      . The finding is kept and counted apart. It returns when the exception ends, or with a detection outside its
      period.
    </p>
  );
}
