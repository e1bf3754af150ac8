FROM node:22-bookworm-slim AS build
WORKDIR /sotto
# better-sqlite3 is compiled where no binary for this machine can be fetched.
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json vite.config.ts ./
COPY signal signal
COPY app app
RUN npm run build:server && npm prune --omit=dev

FROM node:22-bookworm-slim
WORKDIR /sotto
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
COPY --from=build /sotto/package.json ./
COPY --from=build /sotto/node_modules node_modules
COPY --from=build /sotto/dist dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8787
CMD ["node", "dist/signal/main.js"]
