import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bookmark } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Menu, MenuChoices, MenuItem, MenuSeparator } from "@/components/menu";
import { VisibleText } from "@/components/visible-text";
import { changeView, deleteView, getViews, saveView, type View } from "@/lib/api/views";
import { toast } from "@/lib/toast";

import { NO_FILTERS } from "../list/filters";
import { DEFAULT_ORDER } from "../live/ordering";
import type { SavedView } from "./use-saved-view";
import { DeleteDialog, LinkDialog, NameDialog } from "./view-dialogs";
import { contentOf, isUnchanged, linkOf, type ListState } from "./view-state";

/** The list as it opens without a view. */
const DEFAULT: ListState = {
  filters: NO_FILTERS,
  order: DEFAULT_ORDER,
  columns: null,
};

const DEFAULT_ID = "default";

type Asked = "save" | "rename" | "delete" | "link";

/** The own views, read when the menu opens. */
function ViewChoices({ view, onShow }: { view: View | null; onShow: (view: View | null) => void }) {
  const views = useQuery({ queryKey: ["views"], queryFn: ({ signal }) => getViews(signal) });
  const own = views.data ?? [];
  return (
    <>
      <MenuChoices
        label="Views"
        value={view?.mine ? view.id : view ? "" : DEFAULT_ID}
        choices={[
          { value: DEFAULT_ID, text: "Default view" },
          ...own.map(({ id, name }) => ({ value: id, text: <VisibleText text={name} /> })),
        ]}
        onChange={(id) => onShow(own.find((each) => each.id === id) ?? null)}
      />
      {views.error && <p className="max-w-64 px-2 py-1.5 text-xs text-critical-ink">{views.error.message}</p>}
    </>
  );
}

/** Saved views: opens one, saves what the list shows as one, and manages the one that is open. */
export function ViewsMenu({
  saved: { view, open },
  state,
  onReset,
}: {
  saved: SavedView;
  state: ListState;
  onReset: (state: ListState) => void;
}) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  const stored = async (change: Promise<View>) => {
    const changed = await change;
    queries.setQueryData(["views", changed.id], changed);
    void queries.invalidateQueries({ queryKey: ["views"], exact: true });
    return changed;
  };
  const save = async (name: string) => open(await stored(saveView({ name, ...contentOf(state) })));
  const rename = (of: View) => (name: string) => {
    const { filter, columns, sort, order } = of;
    return stored(changeView(of.id, { name, filter: filter ?? {}, columns, sort, order }));
  };
  const update = useMutation({
    mutationFn: (of: View) => stored(changeView(of.id, { name: of.name, ...contentOf(state) })),
    onSuccess: ({ name }) => toast(`Saved the view ${name}.`),
    onError: (error) => toast(error.message, "error"),
  });
  const remove = (of: View) => async () => {
    await deleteView(of.id);
    open(null);
    void queries.invalidateQueries({ queryKey: ["views"], exact: true });
  };
  const close = () => setAsked(null);
  const changed = view !== null && !isUnchanged(view, state);
  const show = (chosen: View | null) => {
    open(chosen);
    if (!chosen) onReset(DEFAULT);
  };
  return (
    <>
      <Menu
        label="Views"
        trigger={
          <Button className="max-w-56 min-w-0">
            <Bookmark aria-hidden />
            <span className={view ? "truncate" : "sr-only sm:not-sr-only"}>
              {view ? <VisibleText text={view.name} /> : "Views"}
            </span>
            {changed && <span className="font-normal text-ink-3"> (changed)</span>}
          </Button>
        }
      >
        <ViewChoices view={view} onShow={show} />
        <MenuSeparator />
        {view?.mine && changed && <MenuItem onSelect={() => update.mutate(view)}>Save changes</MenuItem>}
        <MenuItem onSelect={() => setAsked("save")}>Save as a new view…</MenuItem>
        {view?.mine && <MenuItem onSelect={() => setAsked("rename")}>Rename…</MenuItem>}
        {view && <MenuItem onSelect={() => setAsked("link")}>Copy link…</MenuItem>}
        {view?.mine && <MenuItem onSelect={() => setAsked("delete")}>Delete…</MenuItem>}
        {view && !view.mine && (
          <p className="max-w-64 px-2 py-1.5 text-xs text-ink-3">
            Shared by <VisibleText text={view.owner} />
          </p>
        )}
      </Menu>
      {asked === "save" && (
        <NameDialog
          title="Save view"
          description="Saves the filter, the columns and the order of the list."
          initial={view && !view.mine ? view.name : ""}
          onSave={save}
          onClose={close}
        />
      )}
      {view && asked === "rename" && (
        <NameDialog title="Rename view" initial={view.name} onSave={rename(view)} onClose={close} />
      )}
      {view && asked === "delete" && <DeleteDialog name={view.name} onDelete={remove(view)} onClose={close} />}
      {view && asked === "link" && <LinkDialog name={view.name} link={linkOf(view)} onClose={close} />}
    </>
  );
}
