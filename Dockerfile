# docker build -t celoss . && docker run --rm -v "$PWD:/data" celoss ce preds.csv
# With extras: docker build --build-arg EXTRAS='[fast,excel]' -t celoss .
FROM python:3.12-slim AS build
ARG EXTRAS=""
COPY pyproject.toml README.md LICENSE /source/
COPY celoss_cli /source/celoss_cli
RUN python -m venv /opt/celoss \
    && /opt/celoss/bin/python -m pip install --no-cache-dir "/source$EXTRAS" \
    && /opt/celoss/bin/python -m pip uninstall --yes pip

FROM python:3.12-slim
COPY --from=build /opt/celoss /opt/celoss
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["/opt/celoss/bin/celoss"]
