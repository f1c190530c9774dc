import type { ReactNode } from "react";

import { PageTitle } from "@/components/page-header";

/** A form in the middle of an empty window, for what happens before login. */
export function LoginCard({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <PageTitle title={title} />
      <div className="w-full max-w-sm rounded-lg border bg-surface p-6 shadow-card">
        <p className="text-xs font-medium text-ink-2">Mini Compliance Monitor</p>
        <h1 className="mt-1 text-lg font-semibold tracking-tight">{title}</h1>
        {note && <div className="mt-1 text-ink-2">{note}</div>}
        <div className="mt-4">{children}</div>
      </div>
    </main>
  );
}
