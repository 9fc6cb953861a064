import type {
  DashboardCursorSync,
  DataSourceRef,
  FieldConfig,
  GraphFieldConfig,
  Panel,
  RowPanel,
  VariableModel,
} from "@grafana/schema";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type { Options as TimeSeriesOptions } from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

/** As JSON has it: the text in place of an enum's member. */
type Json<T> = T extends string
  ? `${T}`
  : T extends readonly (infer Element)[]
    ? readonly Json<Element>[]
    : T extends object
      ? { readonly [Key in keyof T]: Json<T[Key]> }
      : T;

/** What Grafana's source for Prometheus takes; its own types do not come with the schema. */
interface PrometheusTarget {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
}

type PanelOf<Type extends string, Options, Custom> = Json<
  Omit<Panel, "type" | "options" | "fieldConfig" | "targets">
> & {
  readonly type: Type;
  readonly title: string;
  readonly description: string;
  readonly options: Json<Options>;
  readonly fieldConfig: {
    readonly defaults: Json<Omit<FieldConfig, "custom">> & { readonly custom?: Json<Custom> };
    readonly overrides: readonly never[];
  };
  readonly targets: readonly PrometheusTarget[];
};

/** A dashboard of rows, numbers and graphs, by the types that Grafana itself is built with. */
export interface GrafanaDashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly editable: boolean;
  readonly graphTooltip: DashboardCursorSync;
  readonly schemaVersion: number;
  readonly version: number;
  readonly refresh: string;
  readonly time: { readonly from: string; readonly to: string };
  readonly timezone: string;
  readonly annotations: { readonly list: readonly never[] };
  readonly links: readonly never[];
  readonly templating: { readonly list: readonly Json<VariableModel>[] };
  readonly panels: readonly (
    | Json<RowPanel>
    | PanelOf<"stat", StatOptions, never>
    | PanelOf<"timeseries", TimeSeriesOptions, GraphFieldConfig>
  )[];
}
