def download(key, target):
    S3Hook(aws_conn_id=CONNECTION).get_key(key, BUCKET).download_file(str(target))


def upload(source, key):
    hook = S3Hook(aws_conn_id=CONNECTION)
    if not hook.check_for_key(key, BUCKET):
        hook.load_file(str(source), key, BUCKET)
