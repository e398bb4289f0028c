"""The public regions of the EDS API's endpoint list."""

from django.db import migrations

REGIONS = [
    ("cn-qingdao", "China (Qingdao)", "华北1（青岛）"),
    ("cn-beijing", "China (Beijing)", "华北2（北京）"),
    ("cn-zhangjiakou", "China (Zhangjiakou)", "华北3（张家口）"),
    ("cn-wulanchabu", "China (Ulanqab)", "华北6（乌兰察布）"),
    ("cn-hangzhou", "China (Hangzhou)", "华东1（杭州）"),
    ("cn-shanghai", "China (Shanghai)", "华东2（上海）"),
    ("cn-nanjing", "China (Nanjing)", "华东5（南京）"),
    ("cn-shenzhen", "China (Shenzhen)", "华南1（深圳）"),
    ("cn-guangzhou", "China (Guangzhou)", "华南3（广州）"),
    ("cn-chengdu", "China (Chengdu)", "西南1（成都）"),
    ("cn-hongkong", "China (Hong Kong)", "中国香港"),
    ("ap-northeast-1", "Japan (Tokyo)", "日本（东京）"),
    ("ap-southeast-1", "Singapore", "新加坡"),
    ("ap-southeast-5", "Indonesia (Jakarta)", "印度尼西亚（雅加达）"),
    ("ap-southeast-6", "Philippines (Manila)", "菲律宾（马尼拉）"),
    ("ap-southeast-7", "Thailand (Bangkok)", "泰国（曼谷）"),
    ("us-west-1", "US (Silicon Valley)", "美国（硅谷）"),
    ("eu-west-1", "UK (London)", "英国（伦敦）"),
    ("eu-central-1", "Germany (Frankfurt)", "德国（法兰克福）"),
    ("me-central-1", "SAU (Riyadh)", "沙特（利雅得）"),
]


def load(apps, schema_editor):
    Region = apps.get_model("regions", "Region")
    Region.objects.bulk_create(
        Region(region_id=region_id, english_name=english, chinese_name=chinese, position=position)
        for position, (region_id, english, chinese) in enumerate(REGIONS)
    )


class Migration(migrations.Migration):
    dependencies = [("regions", "0001_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
