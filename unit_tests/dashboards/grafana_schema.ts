// What a dashboard here may hold: Grafana's own types, of the panels that are used, with what the tests ask for besides.
// grafana_schema.json is made from it, where npm is at hand (Grafana 13.2.3; its 12.1.0 takes the dashboards as well):
//   npm install @grafana/schema@13.2.3 ts-json-schema-generator
//   npx ts-json-schema-generator --path grafana_schema.ts --type GrafanaDashboard --jsDoc none --no-type-check --minify
import type * as raw from '@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as statetimeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';

type Source = { type: 'prometheus'; uid: 'prometheus' };

// The query of the data source Prometheus is not among the published types.
interface Target {
  refId: string;
  datasource: Source;
  expr: string;
  format: 'time_series' | 'table' | 'heatmap';
  legendFormat: string;
  instant: boolean;
  range: boolean;
  editorMode: 'code' | 'builder';
  interval?: string;
  hide?: boolean;
  exemplar?: boolean;
}

type Own = 'type' | 'options' | 'fieldConfig' | 'targets' | 'datasource' | 'id' | 'title' | 'description' | 'gridPos';

interface Panel<Type extends string, Options, Custom> extends Omit<raw.Panel, Own> {
  type: Type;
  id: number;
  title: string;
  description: string;
  gridPos: raw.GridPos;
  datasource: Source;
  options: Options;
  fieldConfig: {
    defaults: Omit<raw.FieldConfig, 'custom'> & { custom?: Partial<Custom> };
    overrides: raw.FieldConfigSource['overrides'];
  };
  targets: Target[];
}

type AnyPanel =
  | Panel<'stat', Pick<stat.Options, keyof stat.Options>, {}>
  | Panel<'bargauge', Pick<bargauge.Options, keyof bargauge.Options>, {}>
  | Panel<'table', Pick<table.Options, keyof table.Options>, Pick<table.FieldConfig, keyof table.FieldConfig>>
  | Panel<'heatmap', Pick<heatmap.Options, keyof heatmap.Options>, Pick<heatmap.FieldConfig, keyof heatmap.FieldConfig>>
  | Panel<'timeseries', Pick<timeseries.Options, keyof timeseries.Options>, Pick<timeseries.FieldConfig, keyof timeseries.FieldConfig>>
  | Panel<'state-timeline', Partial<Pick<statetimeline.Options, keyof statetimeline.Options>>, Pick<statetimeline.FieldConfig, keyof statetimeline.FieldConfig>>;

// Grafana's plug-in for Prometheus reads the title of a mark beside its target.
interface Annotation extends Omit<raw.AnnotationQuery, 'target'> {
  target: { refId: string; expr: string; interval: string };
  titleFormat: string;
}

export interface GrafanaDashboard extends Omit<raw.Dashboard, 'panels' | 'annotations' | 'id'> {
  id?: null;
  uid: string;
  title: string;
  annotations: { list: Annotation[] };
  panels: (AnyPanel | raw.RowPanel)[];
}
