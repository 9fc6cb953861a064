import type { Container, Pod, Volume } from "kubernetes-types/core/v1";
import { parse } from "yaml";
import trainPod from "../../manifests/examples/train-pod.yaml";
import { demoNamespace, missingDataset } from "./demo-cluster.ts";

/** A pod that reads one dataset, as users write them. */
export const trainingPod: Pod = parse(trainPod);

/** Three datasets on three runtimes; it wants nodes that hold them, and an init container needs one of them. */
export const finetuningPod = pod("finetune", {
  annotations: { "sluice.io/cache-affinity": "required" },
  initContainers: [
    {
      name: "tokenize",
      image: "python:3.13",
      command: ["python", "tokenize.py", "/corpus"],
      volumeMounts: [{ name: "corpus", mountPath: "/corpus" }],
    },
  ],
  containers: [
    {
      name: "finetune",
      image: "pytorch/pytorch:2.9.0",
      command: ["python", "finetune.py"],
      volumeMounts: [
        { name: "corpus", mountPath: "/corpus" },
        { name: "models", mountPath: "/models" },
        { name: "runs", mountPath: "/checkpoints", subPath: "run-17" },
      ],
    },
  ],
  volumes: [claimed("corpus", "corpus"), claimed("models", "models"), claimed("runs", "checkpoints")],
});

/** Its claim belongs to a Dataset that does not exist. */
export const strandedPod = pod("transcribe", {
  containers: [{ name: "app", image: "whisper:1", volumeMounts: [{ name: "audio", mountPath: "/audio" }] }],
  volumes: [claimed("audio", missingDataset)],
});

/** It has volumes, but no dataset. */
export const plainPod = pod("web", {
  containers: [{ name: "web", image: "nginx:1.29", volumeMounts: [{ name: "tmp", mountPath: "/tmp" }] }],
  volumes: [{ name: "tmp", emptyDir: {} }],
});

interface PodParts {
  readonly annotations?: Record<string, string>;
  readonly initContainers?: Container[];
  readonly containers: Container[];
  readonly volumes: Volume[];
}

function pod(name: string, { annotations, ...spec }: PodParts): Pod {
  const metadata = { name, namespace: demoNamespace, ...(annotations === undefined ? {} : { annotations }) };
  return { apiVersion: "v1", kind: "Pod", metadata, spec };
}

function claimed(name: string, claimName: string): Volume {
  return { name, persistentVolumeClaim: { claimName } };
}
