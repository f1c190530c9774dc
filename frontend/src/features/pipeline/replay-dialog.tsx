import { useState } from "react";

import { Button } from "@/components/button";
import { Code } from "@/components/code";
import { Dialog } from "@/components/dialog";
import { DialogActions } from "@/components/dialog-actions";
import { VisibleText } from "@/components/visible-text";
import { ApiError } from "@/lib/api/errors";
import type { DeadLetter } from "@/lib/api/pipeline";
import { toast } from "@/lib/toast";

import { useReplay } from "./use-pipeline";

/** Confirms the retry of a dead letter, and reports its result. */
export function ReplayDialog({ letter, onClose }: { letter: DeadLetter | null; onClose: () => void }) {
  const replay = useReplay();
  const [shown, setShown] = useState<DeadLetter | null>(null);
  if (letter && letter !== shown) {
    setShown(letter);
    replay.reset();
  }
  if (!letter) return null;
  const retry = () =>
    replay.mutate(letter, {
      onSuccess: ({ topic }) => {
        toast(`Sent to ${topic}. If it fails again, it returns here.`);
        onClose();
      },
    });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Retry this event?"
      description={
        <>
          It is sent unchanged to <Code>{letter.origin?.topic ?? "its original topic"}</Code>. It failed because:{" "}
          <span className="font-medium [overflow-wrap:anywhere] text-ink">
            <VisibleText text={letter.reason} />
          </span>
          . Unless that has been fixed, it will fail again. Retrying is safe: no duplicates.
        </>
      }
    >
      {replay.error && (
        <p role="alert" className="mb-3 rounded-md bg-critical-tint px-3 py-2 text-critical-ink">
          {replay.error.message}
          {replay.error instanceof ApiError && replay.error.requestId && (
            <span className="block text-xs">
              Request <span className="font-mono select-all">{replay.error.requestId}</span>
            </span>
          )}
        </p>
      )}
      <DialogActions onCancel={onClose}>
        <Button variant="solid" onClick={retry} disabled={replay.isPending}>
          {replay.isPending ? "Retrying…" : "Retry"}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
