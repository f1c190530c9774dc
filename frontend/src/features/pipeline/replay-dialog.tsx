import { useState } from "react";

import { Button } from "@/components/button";
import { Code } from "@/components/code";
import { Dialog } from "@/components/dialog";
import { ApiError } from "@/lib/api/errors";
import type { DeadLetter } from "@/lib/api/pipeline";
import { toast } from "@/lib/toast";

import { useReplay } from "./use-pipeline";

/** Asks before a dead letter is sent again, and says what became of it. */
export function ReplayDialog({
  letter,
  onSent,
  onClose,
}: {
  letter: DeadLetter | null;
  onSent: (letter: DeadLetter) => void;
  onClose: () => void;
}) {
  const replay = useReplay();
  const [shown, setShown] = useState<DeadLetter | null>(null);
  if (letter && letter !== shown) {
    setShown(letter);
    replay.reset();
  }
  if (!letter) return null;
  const send = () =>
    replay.mutate(letter, {
      onSuccess: ({ topic }) => {
        onSent(letter);
        toast(`Sent to ${topic}. Should it fail again, it comes back here.`);
        onClose();
      },
    });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Send this letter again?"
      description={
        <>
          It goes to <Code>{letter.origin?.topic ?? "the topic it came from"}</Code> exactly as it was. It was refused
          because: <span className="font-medium [overflow-wrap:anywhere] text-ink">{letter.reason}</span>. Unless that
          was mended since, it will be refused again. Sending a letter twice counts nothing twice.
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
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="solid" onClick={send} disabled={replay.isPending}>
          {replay.isPending ? "Sending…" : "Send again"}
        </Button>
      </div>
    </Dialog>
  );
}
