import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { Dialog } from "@/components/dialog";
import { DialogActions } from "@/components/dialog-actions";
import { FormError, TextField } from "@/components/text-field";

/** Asks for the name of a view. */
export function NameDialog({
  title,
  description,
  initial,
  onSave,
  onClose,
}: {
  title: string;
  description?: string;
  initial: string;
  onSave: (name: string) => Promise<unknown>;
  onClose: () => void;
}) {
  const [name, setName] = useState(initial);
  const save = useMutation({ mutationFn: () => onSave(name.trim()), onSuccess: onClose });
  const busy = save.isPending;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "" && !busy) save.mutate();
  };
  return (
    <Dialog open onOpenChange={(open) => !open && !busy && onClose()} title={title} description={description}>
      <form onSubmit={onSubmit} className="grid gap-3">
        <TextField
          data-autofocus
          label="Name"
          value={name}
          required
          maxLength={80}
          onChange={(event) => setName(event.target.value)}
        />
        <FormError error={save.error} />
        <DialogActions onCancel={onClose} locked={busy}>
          <Button type="submit" variant="solid" disabled={name.trim() === "" || busy}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** Asks before a view is deleted. */
export function DeleteDialog({
  name,
  onDelete,
  onClose,
}: {
  name: string;
  onDelete: () => Promise<unknown>;
  onClose: () => void;
}) {
  const remove = useMutation({ mutationFn: onDelete, onSuccess: onClose });
  const busy = remove.isPending;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !busy && onClose()}
      title={`Delete the view “${name}”?`}
      description="Its link then leads nowhere. Findings are not changed."
    >
      <div className="grid gap-3">
        <FormError error={remove.error} />
        <DialogActions onCancel={onClose} locked={busy}>
          <Button variant="danger" disabled={busy} onClick={() => remove.mutate()}>
            Delete view
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  );
}

/** Shows the link of a view. */
export function LinkDialog({ name, link, onClose }: { name: string; link: string; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Link to “${name}”`}
      description="Opens filter, columns and order for everyone who may read findings; each sees the findings of their own access."
    >
      <div className="flex items-end gap-2">
        <TextField
          data-autofocus
          className="min-w-0 flex-1"
          label="Link"
          value={link}
          readOnly
          onFocus={(event) => event.target.select()}
        />
        <CopyButton text={link} label="Copy link" size="icon" variant="outline" />
      </div>
    </Dialog>
  );
}
