# Builds with every tool, runs with none: the image holds Node.js and what the build bundled.
# A build that can be repeated names its base by digest: --build-arg NODE_IMAGE=node:24-slim@sha256:…
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /sluice
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
COPY --from=build /sluice/dist/ /sluice/
# The user "node" of the base image, by number, so that runAsNonRoot can be checked.
USER 1000:1000
EXPOSE 8443 8080
ENTRYPOINT ["node", "--enable-source-maps", "/sluice/sluice.js"]
CMD ["serve"]
