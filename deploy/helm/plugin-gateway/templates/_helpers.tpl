{{- define "plugin-gateway.name" -}}
{{- if contains .Chart.Name .Release.Name -}}{{ .Release.Name | trunc 63 | trimSuffix "-" }}{{- else -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{- end -}}
{{- end -}}

{{- define "plugin-gateway.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "plugin-gateway.labels" -}}
{{ include "plugin-gateway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "plugin-gateway.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end -}}

{{- /* The gateway as a container, without its name: for the Deployment of this chart and for a sidecar. */ -}}
{{- define "plugin-gateway.container" -}}
image: {{ include "plugin-gateway.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
ports:
  - {name: http, containerPort: 8080, protocol: TCP}
  - {name: metrics, containerPort: 8082, protocol: TCP}
{{- with .Values.env }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
# The probes run in the container, so the admin listener stays on loopback. Alive, not ready: the gateway may have to wait for the API's
# document to be ready, and a gateway that drains must not be restarted.
startupProbe:
  exec: {command: [plugin-gateway, health, --alive]}
  periodSeconds: 1
  timeoutSeconds: 3
  failureThreshold: 60
readinessProbe:
  exec: {command: [plugin-gateway, health]}
  periodSeconds: 10
  timeoutSeconds: 3
livenessProbe:
  exec: {command: [plugin-gateway, health, --alive]}
  periodSeconds: 30
  timeoutSeconds: 5
  failureThreshold: 3
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  # Whole directories: with subPath, the pod would never see an update of the ConfigMap or of a Secret.
  - {name: plugin-gateway-config, mountPath: /etc/plugin-gateway, readOnly: true}
  {{- range $index, $file := .Values.secretFiles }}
  - {name: plugin-gateway-secret-{{ $index }}, mountPath: {{ $file.path | quote }}, readOnly: true}
  {{- end }}
{{- end -}}

{{- define "plugin-gateway.args" -}}
args:
  - serve
  - --listen=0.0.0.0:8080
  - --admin=127.0.0.1:8081
  - --metrics=0.0.0.0:8082
  - --workers={{ .Values.workers }}
  - --drain-timeout={{ .Values.drain.timeout }}
{{- end -}}

{{- /* A native sidecar: a list with one init container that keeps running and stops after the API. */ -}}
{{- define "plugin-gateway.sidecar" -}}
- name: plugin-gateway
  restartPolicy: Always
  {{- include "plugin-gateway.args" . | nindent 2 }}
  {{- include "plugin-gateway.container" . | nindent 2 }}
{{- end -}}

{{- define "plugin-gateway.volumes" -}}
- name: plugin-gateway-config
  configMap: {name: {{ include "plugin-gateway.name" . }}}
{{- range $index, $file := .Values.secretFiles }}
- name: plugin-gateway-secret-{{ $index }}
  # 0440 in octal; 0444 for a sidecar, because the pod of the API may have no fsGroup.
  secret: {secretName: {{ $file.secret | quote }}, defaultMode: {{ $.Values.standalone | ternary 288 292 }}}
{{- end }}
{{- end -}}
