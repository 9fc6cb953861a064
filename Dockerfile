# Builds with every tool, runs with none: the image holds Node.js and one bundled file.
FROM node:24-alpine AS build
WORKDIR /sluice
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:24-alpine
ENV NODE_ENV=production
COPY --from=build /sluice/dist /sluice
# The user "node" of the base image, by number, so that runAsNonRoot can be checked.
USER 1000:1000
EXPOSE 8443 8080
ENTRYPOINT ["node", "--enable-source-maps", "/sluice/sluice.js"]
CMD ["serve"]
