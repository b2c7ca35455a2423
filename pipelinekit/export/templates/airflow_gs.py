def download(key, target):
    GCSHook(gcp_conn_id=CONNECTION).download(bucket_name=BUCKET, object_name=key, filename=str(target))


def upload(source, key):
    hook = GCSHook(gcp_conn_id=CONNECTION)
    if not hook.exists(bucket_name=BUCKET, object_name=key):
        hook.upload(bucket_name=BUCKET, object_name=key, filename=str(source))
