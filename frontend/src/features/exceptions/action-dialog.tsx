import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { DialogActions } from "@/components/dialog-actions";
import { FormError, TextArea } from "@/components/text-field";
import { actOnException } from "@/lib/api/exceptions";

export type ActionKind = "approve" | "revoke";

const TEXTS = {
  approve: { title: "Approve", effect: "Findings that it covers are suppressed from its start until it ends." },
  revoke: { title: "Revoke", effect: "The findings that it hides are visible again at once. It stays in the list." },
} as const;

/** Approves or revokes an exception, with the reason. */
export function ActionDialog({
  id,
  name,
  kind,
  onClose,
}: {
  id: number;
  name: string;
  kind: ActionKind;
  onClose: () => void;
}) {
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const act = useMutation({
    mutationFn: () => actOnException(id, kind, reason.trim() || null),
    onSuccess: () => {
      onClose();
      void queries.invalidateQueries();
    },
  });
  const needsReason = kind === "revoke";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    act.mutate();
  };
  const { title, effect } = TEXTS[kind];
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`${title} ${name}`} description={effect}>
      <form onSubmit={submit} className="grid gap-3">
        <TextArea
          data-autofocus
          label={needsReason ? "Reason" : "Reason (optional)"}
          value={reason}
          required={needsReason}
          maxLength={4000}
          rows={2}
          onChange={(event) => setReason(event.target.value)}
        />
        <FormError error={act.error} />
        <DialogActions onCancel={onClose}>
          <Button type="submit" variant="solid" disabled={act.isPending || (needsReason && reason.trim() === "")}>
            {title}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
