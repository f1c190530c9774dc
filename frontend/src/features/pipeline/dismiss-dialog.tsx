import { useId, useState } from "react";

import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions } from "@/components/dialog-actions";
import { VisibleText } from "@/components/visible-text";
import type { DeadLetter } from "@/lib/api/pipeline";
import { toast } from "@/lib/toast";

import { useDismiss } from "./use-pipeline";

const MAX_REASON = 500;

/** Asks for the reason of a dismissal. */
export function DismissDialog({ letter, onClose }: { letter: DeadLetter; onClose: () => void }) {
  const dismiss = useDismiss();
  const [reason, setReason] = useState("");
  const id = useId();
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Dismiss this dead letter?"
      description={
        <>
          It failed because:{" "}
          <span className="font-medium [overflow-wrap:anywhere] text-ink">
            <VisibleText text={letter.reason} />
          </span>
          . It is no longer counted as open and can be reopened.
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          dismiss.mutate(
            { letter, reason: reason.trim() },
            {
              onSuccess: () => {
                toast("Dead letter dismissed.");
                onClose();
              },
            },
          );
        }}
      >
        <label htmlFor={id} className="mb-1 block text-xs font-medium text-ink-2">
          Reason
        </label>
        <input
          id={id}
          value={reason}
          maxLength={MAX_REASON}
          required
          onChange={(event) => setReason(event.target.value)}
          className="mb-3 h-8 w-full rounded-md border border-line-strong bg-surface px-2.5"
        />
        {dismiss.error && (
          <p role="alert" className="mb-3 rounded-md bg-critical-tint px-3 py-2 text-critical-ink">
            {dismiss.error.message}
          </p>
        )}
        <DialogActions onCancel={onClose}>
          <Button type="submit" variant="solid" disabled={dismiss.isPending || reason.trim() === ""}>
            {dismiss.isPending ? "Dismissing…" : "Dismiss"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
