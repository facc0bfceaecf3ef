# Counting on a CPU, without torch:
#   docker build -t pushup . && docker run --rm -v "$PWD:/data" pushup source=clip.mp4 output_dir=out
FROM python:3.11-slim AS wheel
WORKDIR /src
RUN pip install --no-cache-dir hatchling==1.33.0
COPY . .
RUN python -m hatchling build -t wheel -d /wheel

FROM python:3.11-slim
COPY requirements-runtime.lock /
COPY --from=wheel /wheel /wheel
RUN pip install --no-cache-dir -r /requirements-runtime.lock \
    && pip install --no-cache-dir --no-deps /wheel/*.whl && rm -r /wheel
WORKDIR /data
ENTRYPOINT ["pushup", "infer"]
