import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions } from "@/components/dialog-actions";
import { FormError, TextArea, TextField } from "@/components/text-field";
import type { BulkResult, FindingAction } from "@/lib/api/triage";
import { count, plural } from "@/lib/format";
import { CHOICES, isClosed, type Status, STATUS_NAMES } from "@/lib/status";

export type DialogKind = "status" | "assign" | "label";

const TITLES: Record<DialogKind, string> = {
  status: "Change status",
  assign: "Assign",
  label: "Add or remove a label",
};

const FIELDS = {
  assign: { label: "Assignee", note: "Name or e-mail address; empty to unassign", maxLength: 320 },
  label: {
    label: "Label",
    note: "Lower case letters, digits and . _ : / -; write -label to remove it",
    maxLength: 51,
  },
};

/** Chooses an action of one kind, with its reason, and takes it; a failure keeps the dialog open. */
export function ActionDialog({
  kind,
  initial,
  subject,
  preview,
  progress,
  onAct,
  onClose,
}: {
  kind: DialogKind;
  initial: string;
  /** What is acted on: a title, or "12 findings". */
  subject: string;
  /** Counts what the action would change; for many findings. */
  preview?: (action: FindingAction, signal: AbortSignal) => Promise<BulkResult>;
  /** Shown while the action runs. */
  progress?: { done: number; total: number } | null;
  onAct: (action: FindingAction) => Promise<unknown>;
  onClose: () => void;
}) {
  const [value, setValue] = useState(initial);
  const [reason, setReason] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const text = value.trim();
  const needsReason = kind === "status" && isClosed(value as Status);
  const action: FindingAction = { kind, value: text || null, ...(reason.trim() && { reason: reason.trim() }) };
  const complete = (kind === "assign" || text !== "") && (!needsReason || reason.trim() !== "");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!complete || busy) return;
    setBusy(true);
    setError(null);
    try {
      await onAct(action);
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && !busy && onClose()} title={TITLES[kind]} description={subject}>
      <form onSubmit={(event) => void submit(event)} className="grid gap-3">
        {kind === "status" && <StatusChoice value={value} onChange={setValue} />}
        {kind !== "status" && (
          <TextField
            data-autofocus
            {...FIELDS[kind]}
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        )}
        <TextArea
          label={needsReason ? "Reason" : "Reason (optional)"}
          note={needsReason ? "A detection later than those you have seen reopens it." : undefined}
          value={reason}
          maxLength={4000}
          required={needsReason}
          onChange={(event) => setReason(event.target.value)}
        />
        {preview && (kind === "assign" || text !== "") && <Preview action={action} count={preview} />}
        {progress && (
          <label className="tabular flex items-center gap-3 text-xs">
            <progress value={progress.done} max={progress.total} className="progress h-1.5 flex-1" />
            {count(progress.done)} of {count(progress.total)}
          </label>
        )}
        <FormError error={error} />
        <DialogActions onCancel={onClose} locked={busy}>
          <Button type="submit" variant="solid" disabled={!complete || busy}>
            {busy ? "Saving…" : "Save"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function StatusChoice({ value, onChange }: { value: string; onChange: (value: Status) => void }) {
  return (
    <fieldset className="grid grid-cols-2 gap-1">
      <legend className="mb-1 font-medium">Status</legend>
      {CHOICES.map((status) => (
        <label key={status} className="flex min-h-8 items-center gap-2 rounded-sm px-1 hover:bg-sunken">
          <input
            type="radio"
            name="status"
            value={status}
            checked={value === status}
            data-autofocus={value === status || undefined}
            onChange={() => onChange(status)}
            className="size-3.5 accent-accent"
          />
          {STATUS_NAMES[status]}
        </label>
      ))}
    </fieldset>
  );
}

/** What an action would change, counted by a dry run. */
function Preview({
  action,
  count: countChanges,
}: {
  action: FindingAction;
  count: (action: FindingAction, signal: AbortSignal) => Promise<BulkResult>;
}) {
  const { kind, value } = action;
  const { data, error } = useQuery({
    queryKey: ["findings", "dry run", kind, value],
    // the count does not depend on the reason, which may not be written yet
    queryFn: ({ signal }) => countChanges({ kind, value, reason: "Dry run" }, signal),
    gcTime: 0,
    retry: false,
  });
  return (
    <p role="status" className="min-h-5 text-ink-2">
      {error && error.message}
      {data && `Changes ${plural(data.changed, "finding")}`}
      {data && data.unchanged > 0 && `; ${count(data.unchanged)} stay as they are`}
    </p>
  );
}
