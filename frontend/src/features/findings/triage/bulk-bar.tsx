import { CircleDot, Tag, UserPlus, UserRound, X } from "lucide-react";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { Button } from "@/components/button";
import { useAccount } from "@/lib/access/account";
import type { FindingFilter } from "@/lib/api/findings";
import { actOnFindings, type BulkAction, type FindingAction } from "@/lib/api/triage";
import { count, plural } from "@/lib/format";
import { toast } from "@/lib/toast";

import { ActionDialog, type DialogKind } from "./action-dialog";
import type { Selection } from "./selection";

const MAX_IDS = 1000;

interface Progress {
  done: number;
  total: number;
}

/** The selected findings, and what can be done with all of them. */
export function BulkBar({
  selection,
  filter,
  total,
  dialog,
  onDialog,
}: {
  selection: Selection;
  filter: () => FindingFilter;
  /** Number of findings that match the filter. */
  total: number | undefined;
  dialog: DialogKind | null;
  onDialog: (kind: DialogKind | null) => void;
}) {
  const queries = useQueryClient();
  const me = useAccount().data?.name ?? "";
  const [progress, setProgress] = useState<Progress | null>(null);
  const counted = useRef<Seen[]>([]);
  const { ids, all, selectAll, clear } = selection;
  if (ids.size === 0 && !all) return null;
  const selected = all ? (total ?? ids.size) : ids.size;
  const targets = (): Target[] => (all ? [{ filter: filter() as Target["filter"] }] : chunksOf([...ids]));
  const act = async (action: FindingAction, seen: Seen[] = []) => {
    const seenTargets = targets().map((target, index) => ({ ...target, ...seen[index] }));
    const changed = await actOnAll(action, seenTargets, selected, setProgress).finally(() => {
      setProgress(null);
      void queries.invalidateQueries({ queryKey: ["findings"] });
    });
    toast(`Changed ${plural(changed, "finding")}.`);
    clear();
  };
  const preview = async (action: FindingAction, signal: AbortSignal) => {
    const counts = await Promise.all(
      targets().map((target) => actOnFindings({ ...action, ...target, dry_run: true }, signal)),
    );
    // what comes after the count that the dialog shows is not acted on, or opens again
    counted.current = counts.map(({ until, seen_until }) => ({ until, seen_until }));
    return counts.reduce((sum, each) => ({
      ...sum,
      changed: sum.changed + each.changed,
      unchanged: sum.unchanged + each.unchanged,
    }));
  };
  const buttons = [
    { kind: "status", text: "Change status", icon: CircleDot },
    { kind: "assign", text: "Assign…", icon: UserRound },
    { kind: "label", text: "Label…", icon: Tag },
  ] as const;
  return (
    <div
      role="region"
      aria-label="Selected findings"
      className="flex flex-wrap items-center gap-2 border-b bg-accent-tint/40 px-4 py-2 print:hidden"
    >
      <span role="status" className="tabular font-medium">
        {count(selected)} selected
      </span>
      {!all && total !== undefined && total > ids.size && (
        <Button variant="link" size="text" onClick={selectAll}>
          Select all {plural(total, "matching finding")}
        </Button>
      )}
      <span className="flex-1" />
      <Button size="sm" onClick={() => void act({ kind: "assign", value: me }).catch(failed)}>
        <UserPlus aria-hidden />
        Assign to me
      </Button>
      {buttons.map(({ kind, text, icon: Icon }) => (
        <Button key={kind} size="sm" onClick={() => onDialog(kind)}>
          <Icon aria-hidden />
          {text}
        </Button>
      ))}
      <Button size="sm" variant="quiet" onClick={clear}>
        <X aria-hidden />
        Clear selection
      </Button>
      {dialog && (
        <ActionDialog
          kind={dialog}
          initial={{ status: "resolved", assign: me, label: "" }[dialog]}
          subject={plural(selected, "finding")}
          preview={preview}
          progress={progress}
          onAct={(action) => act(action, counted.current)}
          onClose={() => {
            counted.current = [];
            onDialog(null);
          }}
        />
      )}
    </div>
  );
}

type Seen = Pick<BulkAction, "until" | "seen_until">;
type Target = Pick<BulkAction, "ids" | "filter"> & Seen;

const failed = (error: unknown) => toast(error instanceof Error ? error.message : String(error), "error");

function chunksOf(ids: number[]): Target[] {
  const starts = Array.from({ length: Math.ceil(ids.length / MAX_IDS) }, (_, index) => index * MAX_IDS);
  return starts.map((start) => ({ ids: ids.slice(start, start + MAX_IDS) }));
}

/** Acts in requests of at most 1,000 findings each; returns the number of those that changed. */
async function actOnAll(
  action: FindingAction,
  targets: Target[],
  total: number,
  onProgress: (progress: Progress) => void,
): Promise<number> {
  let [done, changed] = [0, 0];
  for (const target of targets) {
    for (let after: number | null | undefined; after !== null;) {
      onProgress({ done, total: Math.max(total, done) });
      const result = await actOnFindings({ ...action, ...target, ...(after && { after }) });
      done += result.changed + result.unchanged;
      changed += result.changed;
      after = result.next;
    }
  }
  return changed;
}
