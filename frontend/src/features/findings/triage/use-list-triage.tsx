import { type ReactNode, useState } from "react";

import type { RowAction } from "@/components/data-table/use-row-keys";
import { useAccount, useCan } from "@/lib/access/account";
import type { Finding, FindingFilter } from "@/lib/api/findings";
import { ago } from "@/lib/format";
import { toast } from "@/lib/toast";

import { ActionDialog, type DialogKind } from "./action-dialog";
import { BulkBar } from "./bulk-bar";
import { type Selection, useSelection } from "./selection";
import { conflictOf, useAct } from "./use-triage";

interface ListTriage {
  /** Null where the identity may not triage. */
  selection: Selection | null;
  shortcuts: RowAction<Finding>[];
  /** The bar of the selection, and the dialog of a row. */
  controls: ReactNode;
}

/** Triage in the list of findings: of the row that the keyboard is on, or of all that are selected. */
export function useListTriage(
  rows: readonly Finding[],
  total: number | undefined,
  filter: () => FindingFilter,
): ListTriage {
  const mayTriage = useCan("findings:triage");
  const me = useAccount().data?.name ?? null;
  const selection = useSelection(rows);
  const act = useAct();
  const [forSelected, setForSelected] = useState<DialogKind | null>(null);
  const [finding, setFinding] = useState<Finding | null>(null);
  if (!mayTriage) return { selection: null, shortcuts: [], controls: null };

  const many = selection.all || selection.ids.size > 0;
  const assign = (row: Finding) =>
    act.mutate({ finding: row, action: { kind: "assign", value: me } }, { onError: (error) => report(error) });
  return {
    selection,
    shortcuts: [
      { keys: "x", action: "Select the row", run: (row) => selection.toggle(row) },
      { keys: "X", action: "Select the range up to the row", run: (row) => selection.toggle(row, true) },
      { keys: "a", action: "Assign to me", run: (row) => (many ? setForSelected("assign") : assign(row)) },
      { keys: "s", action: "Change the status", run: (row) => (many ? setForSelected("status") : setFinding(row)) },
    ],
    controls: (
      <>
        <BulkBar selection={selection} filter={filter} total={total} dialog={forSelected} onDialog={setForSelected} />
        {finding && (
          <ActionDialog
            kind="status"
            initial={finding.status === "reopened" ? "open" : finding.status}
            subject={finding.title}
            onAct={(action) => act.mutateAsync({ finding, action })}
            onClose={() => setFinding(null)}
          />
        )}
      </>
    ),
  };
}

function report(error: Error): void {
  const conflict = conflictOf(error);
  toast(
    conflict
      ? `${conflict.by} changed this finding ${ago(conflict.at, Date.now())}; nothing was saved.`
      : error.message,
    "error",
  );
}
