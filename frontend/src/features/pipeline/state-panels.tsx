import { CircleCheck, CircleX } from "lucide-react";
import type { ReactNode } from "react";

import { Sparkline } from "@/components/charts/sparkline";
import { Panel } from "@/components/panel";
import type { Pipeline } from "@/lib/api/pipeline";
import { cn } from "@/lib/class-names";
import { count, rate } from "@/lib/format";

import { type Moment, REMEMBERED, type Watched } from "./use-pipeline";

/** The state of the whole in five figures. */
export function StatePanels({ watched: { now, since } }: { watched: Watched }) {
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-5">
      <ServerPanel title="Kafka" server={now.kafka} />
      <ServerPanel title="Database" server={now.database} />
      <FigurePanel
        title="Events a second"
        value={now.events_per_second === null ? "–" : rate(now.events_per_second)}
        more={
          <Sparkline
            values={lately(since, (moment) => moment.rate)}
            label="Events a second since the page was opened"
          />
        }
      />
      <FigurePanel
        title="Waiting"
        value={now.lag === null ? "–" : count(now.lag)}
        more={
          <Sparkline
            values={lately(since, (moment) => moment.lag)}
            label="Records that wait since the page was opened"
          />
        }
      />
      <FigurePanel
        title="Dead letters"
        className="col-span-2 md:col-span-1"
        value={now.dead_letters.total === null ? "–" : count(now.dead_letters.total)}
        more={
          <span className="text-ink-2">
            {now.dead_letters.total === null
              ? "Kept in Kafka, which does not answer"
              : now.dead_letters.total > 0
                ? "Could not be processed; see below"
                : "Everything could be processed"}
          </span>
        }
      />
    </div>
  );
}

/** The figures since the page was opened, at the right end of the time that is remembered. */
function lately(since: readonly Moment[], figure: (moment: Moment) => number): number[] {
  const before = new Array<number>(REMEMBERED - since.length).fill(0);
  return [...before, ...since.map(figure)];
}

function FigurePanel({
  title,
  value,
  more,
  className,
}: {
  title: string;
  value: ReactNode;
  more: ReactNode;
  className?: string;
}) {
  return (
    <Panel className={className}>
      <h2 className="text-xs text-ink-2">{title}</h2>
      <p className="tabular mt-0.5 text-xl font-semibold tracking-tight">{value}</p>
      <div className="mt-1 min-h-5 text-xs">{more}</div>
    </Panel>
  );
}

function ServerPanel({ title, server }: { title: string; server: Pipeline["kafka"] }) {
  const Icon = server.reachable ? CircleCheck : CircleX;
  return (
    <FigurePanel
      title={title}
      value={
        <span className={cn("flex items-center gap-2", server.reachable ? "text-good-ink" : "text-critical-ink")}>
          <Icon aria-hidden className="size-5" />
          {server.reachable ? "Answers" : "Does not answer"}
        </span>
      }
      more={<span className="[overflow-wrap:anywhere] text-ink-2">{server.reason}</span>}
    />
  );
}
