import { Command as Menu } from "cmdk";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { useNavigate } from "react-router";

import { Kbd } from "@/components/kbd";
import { commands } from "@/lib/commands";

const ITEM =
  "flex h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 select-none data-[selected=true]:bg-accent-tint data-[selected=true]:text-accent-strong [&_svg]:size-4 [&_svg]:shrink-0";

/** Finds and runs whatever can be done from here. Loaded when it is first opened. */
export default function CommandMenu({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const offered = commands.use();
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const groups = Map.groupBy(offered, (command) => command.group);
  const run = (action: () => void) => {
    onOpenChange(false);
    setTyped("");
    action();
  };
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <div aria-hidden className="fixed inset-0 z-50 animate-fade bg-[oklch(0.15_0.02_228/0.5)]" />
        <Dialog.Content
          data-modal
          aria-describedby={undefined}
          className="fixed top-[10vh] left-1/2 z-50 w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 animate-fade overflow-hidden rounded-lg border bg-raised shadow-float outline-none"
        >
          <Dialog.Title className="sr-only">Search or jump to</Dialog.Title>
          <Menu label="Commands" loop>
            <Menu.Input
              value={typed}
              onValueChange={setTyped}
              placeholder="Type a command, or what findings to search for…"
              className="h-12 w-full border-b bg-transparent px-4 text-base outline-none placeholder:text-ink-3"
            />
            <Menu.List className="max-h-[min(24rem,60vh)] overflow-y-auto p-2 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-3">
              <Menu.Empty className="px-2.5 py-6 text-center text-ink-2">Nothing has that name.</Menu.Empty>
              {[...groups].map(([group, items]) => (
                <Menu.Group key={group} heading={group}>
                  {items.map(({ id, title, icon: Icon, keys, words, run: action }) => (
                    <Menu.Item
                      key={id}
                      value={id}
                      keywords={[title, ...(words ?? [])]}
                      onSelect={() => run(action)}
                      className={ITEM}
                    >
                      {Icon ? <Icon aria-hidden /> : <span className="size-4" />}
                      <span className="truncate">{title}</span>
                      {keys && (
                        <span className="ml-auto flex gap-1">
                          {keys.split(" ").map((key) => (
                            <Kbd key={key}>{key}</Kbd>
                          ))}
                        </span>
                      )}
                    </Menu.Item>
                  ))}
                </Menu.Group>
              ))}
              {typed.trim() && (
                <Menu.Group heading="Search" forceMount>
                  <Menu.Item
                    value="search.findings"
                    forceMount
                    onSelect={() => run(() => void navigate(`/findings?q=${encodeURIComponent(typed.trim())}`))}
                    className={ITEM}
                  >
                    <span className="size-4" />
                    <span className="truncate">Findings with “{typed.trim()}”</span>
                  </Menu.Item>
                </Menu.Group>
              )}
            </Menu.List>
          </Menu>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
