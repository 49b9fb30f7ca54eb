"""Tables of contacts as programs export them, by program; each says the same two people as far as it can."""

from __future__ import annotations

GOOGLE = """\
First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,Name Suffix,\
Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,Labels,\
E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,\
Phone 2 - Label,Phone 2 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,\
Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,Address 1 - Extended Address,\
Website 1 - Label,Website 1 - Value
三,,张,,,,,,老三,,彩邮公司,工程师,研发部,1985-04-12,"第一行
第二行",https://lh3.example/x,同事 ::: * myContacts,* Work,zhang@example.org,Home,san@example.net,Mobile,\
+86 138-0013-8000 ::: 13900139000,Zentrale,010-12345678,Work,"中关村大街1号
北京",中关村大街1号,北京,,北京,100080,中国,3层,Profile,https://example.org/san
John,Q.,Public,,,,Dr.,Jr.,,,,,, --07-04,,,* myContacts,,,,,,,,,,,,,,,,,,,
"""

GOOGLE_OLD = """\
Name,Given Name,Additional Name,Family Name,Yomi Name,Given Name Yomi,Additional Name Yomi,Family Name Yomi,\
Name Prefix,Name Suffix,Initials,Nickname,Short Name,Maiden Name,Birthday,Gender,Location,Billing Information,\
Directory Server,Mileage,Occupation,Hobby,Sensitivity,Priority,Subject,Notes,Language,Photo,Group Membership,\
E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Type,Organization 1 - Name,\
Organization 1 - Yomi Name,Organization 1 - Title,Organization 1 - Department,IM 1 - Type,IM 1 - Service,IM 1 - Value
张三,三,,张,,san,,zhang,,,,,,,1985-04-12,,,,,,,,,,,,,,* myContacts ::: 朋友,* Home,zhang@example.org,Mobile,\
13800138000,,彩邮公司,,工程师,研发部,Other,QQ,12345
"""

OUTLOOK = (
    '"Title","First Name","Middle Name","Last Name","Suffix","Company","Department","Job Title","Business Street",'
    '"Business Street 2","Business City","Business State","Business Postal Code","Business Country/Region",'
    '"Home Street","Home City","Business Fax","Business Phone","Business Phone 2","Home Phone","Mobile Phone",'
    '"Birthday","Categories","E-mail Address","E-mail Type","E-mail Display Name","E-mail 2 Address","Hobby",'
    '"Notes","Priority","Spouse","Web Page"\r\n'
    '"Mr.","John","Q.","Public","Jr.","Example Ltd","Sales","Director","1 High Street","Floor 3","London","",'
    '"W1A 1AA","United Kingdom","","","+44 20 7946 0001","+44 20 7946 0000","","","+44 7700 900000","4/12/1985",'
    '"Friends;Work","john@example.org","SMTP","John Public (john@example.org)","","Chess","First line\r\nsecond",'
    '"Normal","Mary","http://example.org"\r\n'
    '"","张三","","","","","","","","","","","","","","","","","","","13800138000","0/0/00","","","","","","","","Normal",'
    '"",""\r\n'
)

OUTLOOK_ZH = (
    '"英文称谓","名","中间名","姓","中文称谓","单位","部门","职务","商务地址 街道","商务地址 街道 2","商务地址 市/县",'
    '"商务地址 省/市/自治区","商务地址 邮政编码","商务地址 国家/地区","住宅地址 街道","商务传真","商务电话",'
    '"住宅电话","移动电话",'
    '"电子邮件地址","电子邮件类型","电子邮件显示名称","电子邮件 2 地址","附注","类别","生日","配偶","网页","优先级"\r\n'
    '"","三","","张","先生","彩邮公司","研发部","工程师","中关村大街1号","3层","北京","北京","100080","中国","","010-12345679",'
    '"010-12345678","","13800138000","zhang@example.org","SMTP","张三","san@example.net","第一行\r\n第二行","同事;朋友",'
    '"1985/4/12","李四","http://example.org","普通"\r\n'
)

WINDOWS = (
    "First Name,Last Name,Middle Name,Name,Nickname,E-mail Address,Home Street,Home City,Home Postal Code,Home State,"
    "Home Country/Region,Home Phone,Home Fax,Mobile Phone,Personal Web Page,Business Street,Business Phone,Company,"
    "Job Title,Notes \r\n"
    "三,张,,张三,老三,zhang@example.org,,,,,,010-12345678,,13800138000,,,,彩邮公司,工程师,\r\n"
)

WINDOWS_ZH = (
    "名,姓,姓名,昵称,电子邮件地址,移动电话,个人网页,生日,公司,部门,职务,公司所在街道,公司所在城市,公司所在地的邮政编码,业务电话,业务传真,"
    "住宅所在街道,住宅所在城市,住宅电话,附注\r\n"
    "三,张,张三,老三,zhang@example.org,13800138000,,1985-4-12,彩邮公司,研发部,工程师,中关村大街1号,北京,100080,010-12345678,,,,,\r\n"
)

FOXMAIL = (
    "名,姓,姓名,昵称,电子邮件地址,手机,个人主页,性别,生日,MSN,QQ,公司,部门,职位,公司网页,公司所在国家,公司所在省,公司所在市,公司所在街道,"
    "公司所在地邮政编码,办公电话1,办公电话2,公司传真,办公地点,家庭所在国家,家庭所在省,家庭所在市,家庭所在街道,家庭所在地邮政编码,家庭电话1,家庭传真,附注\n"
    "三,张,张三,老三,zhang@example.org,13800138000,,男,1985-04-12,,12345,彩邮公司,研发部,工程师,,中国,北京,北京,中关村大街1号,100080,"
    "010-12345678,,,,,,,,,,,\n"
)

THUNDERBIRD = (
    "First Name,Last Name,Display Name,Nickname,Primary Email,Secondary Email,Screen Name,Work Phone,Home Phone,"
    "Fax Number,Pager Number,Mobile Number,Home Address,Home Address 2,Home City,Home State,Home ZipCode,Home Country,"
    "Job Title,Department,Organization,Web Page 1,Web Page 2,Birth Year,Birth Month,Birth Day,Custom 1,Notes\n"
    "三,张,张三,老三,zhang@example.org,san@example.net,,010-12345678,,,,13800138000,1 Lane,Flat 2,Beijing,,100080,"
    "China,工程师,研发部,彩邮公司,,,1985,4,12,,\n"
)

LDIF_MOZILLA = """\
dn: cn=Zhang San,mail=zhang@example.org
objectclass: top
objectclass: person
objectclass: organizationalPerson
objectclass: inetOrgPerson
objectclass: mozillaAbPersonAlpha
givenName:: 5LiJ
sn:: 5byg
cn:: 5byg5LiJ
mozillaNickname:: 6ICB5LiJ
mail: zhang@example.org
mozillaSecondEmail: san@example.net
modifytimestamp: 1700000000
telephoneNumber: 010-12345678
mobile: 13800138000
o:: 5b2p6YKu5YWs5Y+4
ou:: 56CU5Y+R6YOo
title:: 5bel56iL5biI
birthyear: 1985
birthmonth: 04
birthday: 12
mozillaHomeStreet: 1 Lane
mozillaHomeLocalityName: Beijing
description: a long
  note

dn:: Y24956We5Lu25Lq6LG1haWw9bGlAZXhhbXBsZS5vcmc=
objectclass: inetOrgPerson
cn: Li Si
mail: li@example.org

dn: cn=Friends
objectclass: top
objectclass: groupOfNames
cn: Friends
member: cn=Zhang San,mail=zhang@example.org
"""
