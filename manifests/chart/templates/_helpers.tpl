{{- /* Names are fixed: the registration is one for a cluster, and the certificate is made out to sluice.NAMESPACE.svc. */ -}}

{{- define "sluice.selectorLabels" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/component: webhook
{{- end }}

{{- define "sluice.labels" -}}
{{ include "sluice.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with .Values.extraLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "sluice.controllersSelectorLabels" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/component: controllers
{{- end }}

{{- define "sluice.controllersLabels" -}}
{{ include "sluice.controllersSelectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with .Values.extraLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "sluice.consoleSelectorLabels" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/component: console
{{- end }}

{{- define "sluice.consoleLabels" -}}
{{ include "sluice.consoleSelectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with .Values.extraLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "sluice.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{- /* "true" where a switch of true, false or auto is on; auto: the API server is 1.30 or newer. */ -}}
{{- define "sluice.since130" -}}
{{- if eq (toString .switch) "auto" -}}
{{- if semverCompare ">=1.30.0-0" .root.Capabilities.KubeVersion.Version -}}true{{- end -}}
{{- else if eq (toString .switch) "true" -}}true{{- end -}}
{{- end }}

{{- /* "true" where Secrets and volumes of JuiceFS are looked at when they are made. */ -}}
{{- define "sluice.validates" -}}
{{- if and .Values.juicefs.enabled .Values.juicefs.validate -}}true{{- end -}}
{{- end }}

{{- /* The right to read what a decision rests on. */ -}}
{{- define "sluice.decisionRules" -}}
# What a decision rests on.
- apiGroups: [""]
  resources: [namespaces, nodes, persistentvolumeclaims, persistentvolumes]
  verbs: [get, list, watch]
- apiGroups: [apps]
  resources: [daemonsets]
  verbs: [get, list, watch]
- apiGroups: [storage.k8s.io]
  resources: [storageclasses]
  verbs: [get, list, watch]
- apiGroups: [data.fluid.io]
  resources:
    - datasets
    - alluxioruntimes
    - cacheruntimes
    - efcruntimes
    - goosefsruntimes
    - jindoruntimes
    - juicefsruntimes
    - thinruntimes
    - vineyardruntimes
  verbs: [get, list, watch]
# Fluid's plugin profile, by its name; a Role would need Fluid's namespace to exist.
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [{{ .Values.pluginProfile.name }}]
  verbs: [get, list, watch]
{{- if .Values.juicefs.enabled }}
# The configuration of the JuiceFS CSI driver, by its name; a Role would need the driver's namespace to exist.
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [{{ .Values.juicefs.configMap.name }}]
  verbs: [get, list, watch]
{{- end }}
{{- end }}

{{- /* Namespaces whose pods never call, as a list in JSON. */ -}}
{{- define "sluice.excludedNamespaces" -}}
{{ prepend .Values.webhook.excludedNamespaces .Release.Namespace | uniq | sortAlpha | toJson }}
{{- end }}

{{- /* Namespaces whose pods never call. */ -}}
{{- define "sluice.placeExpressions" -}}
- key: kubernetes.io/metadata.name
  operator: NotIn
  values: {{ include "sluice.excludedNamespaces" . }}
{{- end }}

{{- /* Pods that mount a claim, or hold a client of ours that a second call may have to look after. */ -}}
{{- define "sluice.claimOrClient" -}}
(has(object.spec.volumes) &&
  object.spec.volumes.exists(v, has(v.persistentVolumeClaim) || has(v.ephemeral))) ||
(has(object.spec.initContainers) && object.spec.initContainers.exists(c,
  has(c.command) && size(c.command) > 3 && c.command[3] == 'sluice-supervisor')) ||
(has(object.spec.containers) && object.spec.containers != null && object.spec.containers.exists(c,
  has(c.command) && size(c.command) > 3 && c.command[3] == 'sluice-supervisor'))
{{- end }}

{{- /* The configuration file: the user's, and what other values ask of it. */ -}}
{{- define "sluice.config" -}}
{{- $certificates := dict -}}
{{- with .Values.certificates -}}
{{- if ne .source "own" -}}
{{- $keeper := eq .source "files" | ternary "ours" "external" -}}
{{- $certificates = dict "source" "files" "directory" "/etc/sluice-certificates" "caBundle" $keeper -}}
{{- else if ne .secretName "sluice-certs" -}}
{{- $certificates = dict "secret" .secretName -}}
{{- end -}}
{{- end -}}
{{- if include "sluice.validates" . -}}
{{- $_ := set $certificates "validatingWebhookConfiguration" "sluice-juicefs" -}}
{{- end -}}
{{- $juicefs := mergeOverwrite (omit (deepCopy .Values.juicefs) "secrets" "validate") (dict "factsNamespace" .Release.Namespace) -}}
{{- $all := mergeOverwrite (deepCopy .Values.config) (dict "pluginProfile" .Values.pluginProfile "juicefs" $juicefs) -}}
{{- if .Values.controllers.enabled -}}
{{- $audit := mergeOverwrite (deepCopy .Values.controllers.audit) (dict "excludedNamespaces" (include "sluice.excludedNamespaces" . | fromJsonArray)) -}}
{{- $all = mergeOverwrite $all (dict "controllers" (dict "enabled" true "copyClientObjects" .Values.controllers.copyClientObjects "audit" $audit)) -}}
{{- end -}}
{{- if $certificates -}}
{{- $all = mergeOverwrite $all (dict "certificates" $certificates) -}}
{{- end -}}
{{- toYaml $all -}}
{{- end }}
